/** What every package may use: no input, no output, and it runs in a browser too. */
export { err, ok, type Result } from './result.ts'
export { faultInLine, faultInProse, faultInText, isStorable, shownText, type TextFault } from './text.ts'
