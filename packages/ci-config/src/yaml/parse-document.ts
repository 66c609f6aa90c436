import { Composer, type Document, Parser } from 'yaml'

/**
 * Parts of the parser that its types hide. The reference's reader asks for no indentation inside brackets, this one does:
 * without a reason of its own it leaves a list whose closing bracket stands further left.
 */
interface Internals {
  readonly lexer: {
    indentNext: number
    parseFlowCollection(): Generator<string, unknown>
  }
}

/** Parses the first document of a text into nodes whose scalars are texts, or returns null when there is none. */
export function parseDocument(text: string): Document.Parsed | null {
  const parser = new Parser()
  const { lexer } = parser as unknown as Internals
  const parseFlowCollection = lexer.parseFlowCollection.bind(lexer)
  lexer.parseFlowCollection = function* () {
    const { indentNext } = lexer
    lexer.indentNext = 0
    const next = yield* parseFlowCollection()
    lexer.indentNext = indentNext
    return next
  }
  const composer = new Composer({
    schema: 'failsafe',
    version: '1.1',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  for (const document of composer.compose(parser.parse(text), true, text.length)) return document as Document.Parsed
  return null
}

/** Returns the first fault of a document that the reference would refuse as well. */
export const faultIn = (document: Document.Parsed) =>
  document.errors.find(({ code, message }) => !(code === 'BAD_INDENT' && message.startsWith('Flow end indicator')))
