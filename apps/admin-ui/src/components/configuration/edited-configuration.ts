import type { ShownInput } from '@yardmaster/ci-config'

/** A further file of a configuration while it is edited. */
export interface EditedFile {
  /** Identifies it on screen, because its path may change. */
  readonly id: number
  /** As it was entered. */
  readonly path: string
  readonly text: string
}

/** Values of inputs by name: texts as they were entered, or values in their types. */
export type EnteredInputs = Readonly<Record<string, unknown>>

/** As many as a pipeline can be given. */
export const MOST_FILES = 1000
const LONGEST_PATH = 1024

let made = 0
export const editedFile = (path = '', text = ''): EditedFile => ({ id: ++made, path, text })

export const editedFiles = (files: Readonly<Record<string, string>>): readonly EditedFile[] =>
  Object.entries(files).map(([path, text]) => editedFile(path, text))

/** Returns the path from the top folder, as includes and faults name it. */
export const pathOf = ({ path }: EditedFile): string => path.trim().replace(/^\/+/, '')

/** Whether nothing was entered yet. */
const isBlank = ({ path, text }: EditedFile): boolean => path.trim() === '' && text === ''

/** Returns what is wrong with the path of a file, in a sentence; null when it is good or nothing was entered yet. */
export function pathFault(file: EditedFile, files: readonly EditedFile[]): string | null {
  if (isBlank(file)) return null
  const path = pathOf(file)
  if (path === '') return 'Enter the path of the file.'
  if ([...path].length > LONGEST_PATH) return `A path has at most ${LONGEST_PATH} characters.`
  if (path.split('/').some((name) => name === '' || name === '.' || name === '..'))
    return 'Enter a path from the top folder, without empty names, “.” and “..”.'
  if (files.some((other) => other.id !== file.id && pathOf(other) === path)) return 'Another file has this path.'
  return null
}

/** Returns the texts of files by path, without those whose path is wrong; undefined when there are none. */
export function filesOf(files: readonly EditedFile[]): Readonly<Record<string, string>> | undefined {
  const texts = files.flatMap((file) =>
    isBlank(file) || pathFault(file, files) !== null ? [] : [[pathOf(file), file.text] as const],
  )
  return texts.length > 0 ? Object.fromEntries(texts) : undefined
}

/** Returns the text in which a value is shown and edited. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i

/** Returns entered texts in the types of their inputs. One that does not fit stays a text, so that it is refused. */
export function typedInputs(
  types: ReadonlyMap<string, ShownInput['type']>,
  inputs: EnteredInputs,
): Readonly<Record<string, unknown>> | undefined {
  const typed = Object.entries(inputs).map(([name, value]) => [name, typedValue(types.get(name), value)] as const)
  return typed.length > 0 ? Object.fromEntries(typed) : undefined
}

function typedValue(type: ShownInput['type'] | undefined, value: unknown): unknown {
  if (typeof value !== 'string') return type === 'string' ? textOf(value) : value
  const text = value.trim()
  if (type === 'number') return NUMBER.test(text) ? Number(text) : value
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : value
  if (type !== 'array') return value
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed : value
  } catch {
    return value
  }
}

/** Returns inputs with another value for one of them; with undefined it has its default. */
export function withInput(inputs: EnteredInputs, name: string, value: unknown): EnteredInputs {
  const { [name]: _, ...others } = inputs
  return value === undefined ? others : { ...others, [name]: value }
}
