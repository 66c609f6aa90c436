/** The headings of a Markdown document, by number and by anchor, and the numbered steps below them. */
export class Outline {
  /** Anchors as GitHub generates them. */
  readonly anchors = new Set<string>()
  readonly #sections = new Set<string>()
  readonly #steps = new Set<string>()

  constructor(markdown: string) {
    let section = ''
    let inBlock = false
    for (const line of markdown.split('\n')) {
      if (/^ *```/.test(line)) inBlock = !inBlock
      if (inBlock) continue
      const heading = /^#+ +(.*)$/.exec(line)?.[1]
      if (heading !== undefined) {
        this.#addAnchor(heading)
        section = /^(\d+(?:\.\d+)*)\.? /.exec(heading)?.[1] ?? section
        this.#sections.add(section)
        continue
      }
      // An item of a list, or a row of a table with a number in front.
      const step = /^(?:(\d+)\.|\| *(\d+)[a-z]? *\|) /.exec(line)
      if (step) this.#steps.add(`${section} ${step[1] ?? step[2]}`)
    }
    this.#sections.delete('')
  }

  #addAnchor(heading: string): void {
    const plain = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-')
    let anchor = plain
    for (let again = 1; this.anchors.has(anchor); again++) anchor = `${plain}-${again}`
    this.anchors.add(anchor)
  }

  /** Whether its sections are cited by number. */
  get isNumbered(): boolean {
    return this.#sections.size > 0
  }

  /** Returns whether the document has this section. `2.8` may also be item 8 of the list in section 2. */
  has(section: string): boolean {
    const dot = section.lastIndexOf('.')
    return this.#sections.has(section) || (dot > 0 && this.hasStep(section.slice(0, dot), section.slice(dot + 1)))
  }

  hasStep(section: string, step: string): boolean {
    return this.#steps.has(`${section} ${step}`)
  }
}
