import { ConfigError, faultAt } from '../fault.ts'
import { toJson } from '../yaml/tree.ts'
import type { IncludeEntry, Including } from './include-entry.ts'
import type { IncludedFile } from './included-file.ts'
import { ArtifactFile } from './kinds/artifact-file.ts'
import { ComponentFile } from './kinds/component-file.ts'
import { LocalFile } from './kinds/local-file.ts'
import { ProjectFile } from './kinds/project-file.ts'
import { RemoteFile } from './kinds/remote-file.ts'
import { TemplateFile } from './kinds/template-file.ts'

interface Kind {
  readonly keyword: string
  /** Returns the file that an entry names, or null when the entry is of another kind. */
  open(entry: IncludeEntry, including: Including): IncludedFile | null
}

/** What an `include` may name. */
export interface Kinds {
  readonly of: string
  readonly all: readonly Kind[]
}

const kind = (keyword: string, open: Kind['open']): Kind => ({ keyword, open })

const LOCAL = kind('local', LocalFile.open)
const PROJECT = kind('project', ProjectFile.open)
const REMOTE = kind('remote', RemoteFile.open)

export const INCLUDE: Kinds = {
  of: 'include',
  all: [
    LOCAL,
    PROJECT,
    REMOTE,
    kind('template', TemplateFile.open),
    kind('artifact', ArtifactFile.open),
    kind('component', ComponentFile.open),
  ],
}

/** Kinds in `spec:include`. */
export const SPEC_INCLUDE: Kinds = { of: 'header include', all: [LOCAL, REMOTE, PROJECT] }

/**
 * Returns the file that an entry names.
 *
 * @throws ConfigError when the entry is of no kind, or of several.
 */
export function matchKind(entry: IncludeEntry, including: Including, kinds: Kinds): IncludedFile {
  const files = kinds.all.map(({ open }) => open(entry, including)).filter((file) => file !== null)
  const [file] = files
  if (file !== undefined && files.length === 1) return file
  const keywords = kinds.all.map(({ keyword }) => `\`${keyword}\``).join(', ')
  const message =
    file === undefined
      ? `\`${including.run.mask(shownJson(entry))}\` does not have a valid subkey for ${kinds.of}. Valid subkeys are: ${keywords}`
      : `Each include must use only one of: ${keywords}`
  throw new ConfigError(faultAt(message, { path: ['include'], place: entry.place }))
}

/** The reference writes JSON that is safe in HTML. */
const shownJson = ({ keys }: IncludeEntry): string =>
  JSON.stringify(toJson(keys)).replaceAll(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
