/** Code that every package may use. It does no I/O and also runs in a browser. */
export { err, ok, type Result } from './result.ts'
export {
  NewerFormError,
  newestVersion,
  openList,
  openObject,
  type StoredForm,
  type StoredKey,
  storeList,
  storeObject,
} from './stored-form.ts'
export {
  faultInLine,
  faultInProse,
  faultInText,
  isStorable,
  LINE_PATTERNS,
  PROSE_PATTERNS,
  shownText,
  TEXT_PATTERNS,
  type TextFault,
  toStorable,
} from './text.ts'
export { isView, type View } from './views.ts'
