import sax from 'sax'
import { ReportFault } from './gzip-documents.ts'

/** Characters of one name, value or comment. Longer texts of elements come in several parts. */
const LONGEST_TOKEN = 1_048_576
const DEEPEST = 100
const MOST_ATTRIBUTES = 1_000

/** Receives the elements of a document. Names come without their namespace's prefix. */
export interface ElementListener {
  open(name: string, attributes: Readonly<Record<string, string>>, depth: number): void
  /** A part of the text of the innermost open element. */
  text(part: string): void
  close(name: string, depth: number): void
}

// The library checks the length of what it holds at the end of each write. It expands no entities but those of XML
// and HTML: what a document declares itself is an error where it is used.
Object.assign(sax, { MAX_BUFFER_LENGTH: LONGEST_TOKEN })

/** Reads one XML document, bit by bit. */
export class XmlElements {
  readonly #parser = sax.parser(true, { position: true })
  #isEmpty = true

  constructor(listener: ElementListener) {
    const parser = this.#parser
    let depth = 0
    let attributes = 0
    parser.onerror = (error) => {
      throw new ReportFault(`line ${parser.line + 1}: ${error.message.split('\n')[0]}`)
    }
    parser.onattribute = () => {
      attributes += 1
      if (attributes > MOST_ATTRIBUTES) throw new ReportFault(`an element has more than ${MOST_ATTRIBUTES} attributes`)
    }
    parser.onopentag = ({ name, attributes: given }) => {
      depth += 1
      attributes = 0
      if (depth > DEEPEST) throw new ReportFault(`elements are nested more than ${DEEPEST} deep`)
      listener.open(localName(name), given as Record<string, string>, depth)
    }
    parser.ontext = (part) => listener.text(part)
    parser.oncdata = (part) => listener.text(part)
    parser.onclosetag = (name) => {
      listener.close(localName(name), depth)
      depth -= 1
    }
  }

  /** @throws ReportFault for what is not XML, and beyond the limits. Nothing may be written after that. */
  write(text: string): void {
    if (text.length > 0) this.#isEmpty = false
    faulty(() => this.#parser.write(text))
  }

  /** @throws ReportFault when the document is not over. */
  end(): void {
    if (!this.#isEmpty) faulty(() => this.#parser.close())
  }
}

/** The library itself stumbles over some names, such as an attribute `hasOwnProperty`. */
function faulty(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    throw error instanceof ReportFault ? error : new ReportFault('it cannot be read')
  }
}

const localName = (name: string): string => name.slice(name.lastIndexOf(':') + 1)
