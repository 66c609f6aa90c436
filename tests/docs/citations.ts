import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { Outline } from './outline.ts'

/** Tracked files by path from the root of the repository; null for those without text to check. */
export type Repository = ReadonlyMap<string, string | null>

const TEXT = /\.(?:md|ts|tsx|mjs|sql|css|html|json|yaml|yml)$|^\.env\.example$|^\.ci\//
/** The last one contains broken citations as test cases. */
const NOT_OURS = /(?:^|\/)package-lock\.json$|(?:^|\/)fixtures\/|^tests\/docs\/citations\.spec\.ts$/

/** Reads the files that git tracks, as they are on the disk. */
export function readRepository(root: string): Repository {
  const paths = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean)
  return new Map(paths.flatMap((path) => readOne(root, path)))
}

function readOne(root: string, path: string): [string, string | null][] {
  try {
    return [[path, TEXT.test(path) && !NOT_OURS.test(path) ? readFileSync(join(root, path), 'utf8') : null]]
  } catch (error) {
    // Removed, but not committed yet.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

const NUMBER = String.raw`\d+(?:\.\d+)*`
const list = (item: string): string => `${item}(?:(?:, | and | to |–)${item})*`
/** `3.3`, `5, 6`, `2 to 4`, and perhaps `, steps 6 to 17` of the last one. */
const PLACES = `(?:,? (${list(NUMBER)})(?:,? (?:step|rule|row)s? (${list(String.raw`\d+`)}))?)?`
const CITED = /(?<![\w./-])((?:[\w.-]+\/)*[\w.-]+\.md)(`? ?)(?:#([\w-]+))?/g
const AFTER = new RegExp(`^${PLACES}`)
const LINK = /\[[^\][]*\]\(([^()\s]+)\)/g
const OWN_SECTION = new RegExp(String.raw`\bsections? (${list(NUMBER)})`, 'g')
const NAMED_PATH = /`((?:apps|docs|packages|scripts|tests)\/[\w@./-]+)`/g
const NAMED_FILE = /`([\w@./-]*[\w-]+\.(?:ts|tsx|mjs|sql|css))`/g

/**
 * Returns one sentence for each reference to a document, a section or a file that does not exist.
 *
 * Code cites a document by its path from the root, a section by its number, and a step of a numbered list or table by
 * its own: `docs/protocol/artifacts.md 3.3, steps 6 to 17`. `docs/protocol/common.md 2.8` may also be item 8 of section
 * 2. A document without numbers is cited by anchor: `docs/operations.md#upgrade-and-rollback`. Documents link to each other, and
 * put the number of a section behind the link. A source file is named in backticks, by as much of the end of its path as
 * it takes.
 */
export function brokenCitations(repository: Repository): string[] {
  const outlines = new Map<string, Outline>()
  for (const [path, text] of repository)
    if (path.endsWith('.md') && text !== null) outlines.set(path, new Outline(text))
  const broken: string[] = []
  for (const [path, text] of repository) {
    if (text === null) continue
    const say = (cited: string, problem: string): void => void broken.push(`${path}: ${cited} ${problem}`)
    if (path.endsWith('.md')) checkDocument({ path, text, repository, outlines, say })
    else checkCode({ path, text, repository, outlines, say })
    checkNamedFiles({ path, text, repository, say })
  }
  return broken
}

interface Checked {
  readonly path: string
  readonly text: string
  readonly repository: Repository
  readonly outlines: ReadonlyMap<string, Outline>
  readonly say: (cited: string, problem: string) => void
}

function checkCode({ path, text, repository, outlines, say }: Checked): void {
  const names = new Set([...outlines.keys()].map(lastSegment).filter((name) => name !== 'README.md'))
  // Joins the lines of a comment.
  const prose = text.replaceAll(/\n[ \t]*(?:\*|\/\/|--|#)?[ \t]*/g, ' ')
  for (const { 0: whole, 1: document = '', 2: end = '', 3: anchor, index } of prose.matchAll(CITED)) {
    const isOurs = document.startsWith('docs/') || names.has(lastSegment(document))
    // Pages of one folder cite each other by name.
    const isBeside = repository.has(normalize(join(dirname(path), document)))
    if (!isOurs || (isBeside && !repository.has(document))) continue
    const outline = outlines.get(document)
    if (!outline) say(document, 'is no document of this repository')
    else {
      const after = prose.slice(index + document.length + (anchor === undefined ? 0 : whole.length - document.length))
      if (end.startsWith('`') && /^` \d/.test(after)) say(document, 'has its section outside the backticks')
      checkPlaces(say, { document, outline, anchor, after })
    }
  }
}

function checkDocument(checked: Checked): void {
  const { path, text, repository, outlines, say } = checked
  const prose = withoutBlocks(text)
  for (const { 0: whole, 1: target = '', index } of prose.matchAll(LINK)) {
    if (/^[a-z]+:/.test(target)) continue
    const [file = '', anchor] = target.split('#')
    const document = file === '' ? path : normalize(join(dirname(path), file))
    if (!isThere(repository, document)) say(target, 'leads nowhere')
    const outline = outlines.get(document)
    if (outline) checkPlaces(say, { document, outline, anchor, after: prose.slice(index + whole.length) })
  }
  const own = outlines.get(path)
  if (!own?.isNumbered) return
  for (const { 1: places = '', index } of prose.matchAll(OWN_SECTION)) {
    // A section of another document, which is named before it.
    if (prose.slice(0, index).endsWith(') ')) continue
    checkPlaces(say, { document: path, outline: own, anchor: undefined, after: ` ${places}` })
  }
}

function checkNamedFiles({ path, text, repository, say }: Omit<Checked, 'outlines'>): void {
  const plain = withoutBlocks(text)
  for (const [, name = ''] of plain.matchAll(NAMED_FILE)) {
    const isFile = name.startsWith('.')
      ? repository.has(normalize(join(dirname(path), name)))
      : [...repository.keys()].some((one) => one === name || one.endsWith(`/${name}`))
    if (!isFile) say(name, 'is no file of this repository')
  }
  for (const [, path = ''] of plain.matchAll(NAMED_PATH)) {
    if (!isThere(repository, path)) say(path, 'leads nowhere')
  }
}

interface Places {
  readonly document: string
  readonly outline: Outline
  readonly anchor: string | undefined
  /** The text after the name of the document. */
  readonly after: string
}

function checkPlaces(say: Checked['say'], { document, outline, anchor, after }: Places): void {
  if (anchor !== undefined) {
    if (!outline.anchors.has(anchor)) say(`${document}#${anchor}`, 'has no such heading')
    return
  }
  const [, sections, steps] = AFTER.exec(after.replaceAll(/\s+/g, ' ')) ?? []
  if (sections === undefined || !outline.isNumbered) return
  const numbers = expand(sections)
  for (const number of numbers) if (!outline.has(number)) say(`${document} ${number}`, 'is no section')
  const last = numbers.at(-1) ?? ''
  for (const step of steps === undefined ? [] : expand(steps)) {
    if (!outline.hasStep(last, step)) say(`${document} ${last}, step ${step}`, 'is no step')
  }
}

/** Expands `2 to 4` to 2, 3, 4. The ends of `1.1 to 1.3` differ in their last part only. */
export function expand(places: string): string[] {
  return places.split(/, | and /).flatMap((place) => {
    const [first = '', last] = place.split(/ to |–/)
    if (last === undefined) return [first]
    const parent = first.includes('.') ? `${first.slice(0, first.lastIndexOf('.'))}.` : ''
    const lowest = Number(first.slice(parent.length))
    const count = Number(last.slice(parent.length)) - lowest + 1
    return Array.from({ length: Math.max(0, count) }, (_, at) => `${parent}${lowest + at}`)
  })
}

const lastSegment = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

const withoutBlocks = (markdown: string): string => markdown.replaceAll(/^ *(```+)[\s\S]*?^ *\1$/gm, '')

const isThere = (repository: Repository, path: string): boolean => {
  const plain = path.replace(/\/$/, '')
  return repository.has(plain) || [...repository.keys()].some((one) => one.startsWith(`${plain}/`))
}
