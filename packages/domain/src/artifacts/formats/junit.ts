import type { TestCase, TestStatus } from '../test-case.ts'
import type { ElementListener } from './xml-elements.ts'

const LONGEST_NAME = 256
/** Characters of what one element of a test says; the rest is left out. */
const LONGEST_PART = 16_384
const LONGEST_ERROR_NAME = 100

/** The elements of a test that decide about it, strongest first. */
const OUTCOMES = { error: 'error', failure: 'failed', skipped: 'skipped' } as const
type Outcome = keyof typeof OUTCOMES
const OUTPUTS = { 'system-out': 'System Out:', 'system-err': 'System Err:' } as const
type Output = keyof typeof OUTPUTS
/** Maven notes failed attempts of a test that succeeded when it was run again. */
const FLAKY = new Set(['flakyFailure', 'flakyError'])
/** Words of GoogleTest and others for tests that were not run. */
const NOT_RUN = new Set(['notrun', 'disabled', 'skipped', 'ignored'])

const ESC = String.fromCharCode(0x1b)
const COLORS = new RegExp(`${ESC}\\[[ -?]*[@-~]`, 'g')

type Attributes = Readonly<Record<string, string>>

/**
 * Reads tests from the elements of a JUnit report: `testcase` anywhere, with `failure`, `error`, `skipped`, `system-out`
 * and `system-err`. There is no one definition of the format, so that everything else is passed over.
 */
export class JunitReader implements ElementListener {
  readonly #found: (test: TestCase) => void
  readonly #suites: string[] = []
  #test: OpenTest | null = null

  constructor(found: (test: TestCase) => void) {
    this.#found = found
  }

  open(name: string, attributes: Attributes, depth: number): void {
    if (this.#test) {
      if (depth === this.#test.depth + 1) this.#test.open(name, attributes)
    } else if (name === 'testsuite') {
      this.#suites.push(cut(attributes.name ?? ''))
    } else if (name === 'testcase') {
      this.#test = new OpenTest(this.#suites.at(-1) ?? '', attributes, depth)
    }
  }

  text(part: string): void {
    this.#test?.text(part)
  }

  close(name: string, depth: number): void {
    if (this.#test) {
      if (depth === this.#test.depth + 1) this.#test.close()
      if (depth !== this.#test.depth) return
      this.#found(this.#test.done())
      this.#test = null
    } else if (name === 'testsuite') {
      this.#suites.pop()
    }
  }
}

/** A test whose element is not closed yet. */
class OpenTest {
  readonly depth: number
  readonly #suite: string
  readonly #attributes: Attributes
  readonly #parts = new Map<Outcome | Output, Part>()
  #open: Part | null = null
  #flaky = false

  constructor(suite: string, attributes: Attributes, depth: number) {
    this.#suite = suite
    this.#attributes = attributes
    this.depth = depth
  }

  open(name: string, { message = '', type = '' }: Attributes): void {
    if (FLAKY.has(name)) this.#flaky = true
    if (!Object.hasOwn(OUTCOMES, name) && !Object.hasOwn(OUTPUTS, name)) return
    const known = this.#parts.get(name as Outcome | Output)
    this.#open = known ?? new Part()
    this.#open.begin(message || type)
    this.#parts.set(name as Outcome | Output, this.#open)
  }

  text(text: string): void {
    this.#open?.add(text)
  }

  close(): void {
    this.#open = null
  }

  done(): TestCase {
    const { name = '', classname, time = '' } = this.#attributes
    const status = this.#status()
    return {
      suite: this.#suite,
      name: cut(name) || '(no name)',
      classname: classname ? cut(classname) : null,
      status,
      seconds: secondsOf(time),
      output: status === 'success' ? null : this.#output(),
      flaky: status === 'success' && this.#flaky,
    }
  }

  #status(): TestStatus {
    for (const [name, status] of Object.entries(OUTCOMES)) if (this.#parts.has(name as Outcome)) return status
    const { status = '', result = '' } = this.#attributes
    return NOT_RUN.has(status.toLowerCase()) || NOT_RUN.has(result.toLowerCase()) ? 'skipped' : 'success'
  }

  #output(): string | null {
    const said = (Object.keys(OUTCOMES) as Outcome[]).map((name) => this.#parts.get(name)?.whole() ?? '')
    const printed = (Object.keys(OUTPUTS) as Output[]).map((name) => {
      const text = this.#parts.get(name)?.whole() ?? ''
      return text && `${OUTPUTS[name]}\n\n${text}`
    })
    return [...said, ...printed].filter((text) => text !== '').join('\n\n') || null
  }
}

/** What elements of one name in a test say. */
class Part {
  #message = ''
  readonly #texts: string[] = []
  #length = 0
  #isCut = false

  /** An element begins; its message is an attribute. */
  begin(message: string): void {
    if (this.#length > 0) this.add('\n\n')
    if (this.#message === '') this.#message = message.slice(0, LONGEST_PART)
    else this.add(`${message}\n`)
  }

  add(text: string): void {
    const fits = text.slice(0, LONGEST_PART - this.#length)
    if (fits.length > 0) this.#texts.push(fits)
    this.#length += fits.length
    if (fits.length < text.length) this.#isCut = true
  }

  whole(): string {
    const text = this.#texts.join('').replace(COLORS, '').trim()
    const message = this.#message.trim()
    // Most tools repeat the message where the text begins, perhaps behind the name of an error.
    const isRepeated = text.slice(0, message.length + LONGEST_ERROR_NAME).includes(message)
    const whole = isRepeated ? text : [message, text].filter(Boolean).join('\n')
    return (this.#isCut ? `${whole}\n…` : whole).toWellFormed()
  }
}

const cut = (text: string): string =>
  (text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}…` : text).trim().toWellFormed()

/** Some tools write thousands with commas. */
function secondsOf(time: string): number | null {
  const seconds = time.trim() === '' ? Number.NaN : Number(time.replaceAll(',', ''))
  return Number.isFinite(seconds) && seconds >= 0 && seconds < 1e9 ? seconds : null
}
