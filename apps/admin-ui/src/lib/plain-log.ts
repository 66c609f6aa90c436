const ESCAPE = String.fromCharCode(27)
const BELL = String.fromCharCode(7)
const CONTROL = new RegExp(`${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\\\)?)`, 'g')
const SECTION = /section_(?:start|end):\d+:[\w.-]+(?:\[[^\]]*\])?\r/g
/** Of a line that was written over, what was written last. */
const OVERWRITTEN = /^.*\r(?=[^\r\n])/gm

/** Log text without colours, section marks and what progress bars wrote over. */
export const plainText = (raw: string): string =>
  raw.replace(SECTION, '').replace(CONTROL, '').replaceAll('\r\n', '\n').replace(OVERWRITTEN, '')
