import { OpenApi } from './openapi.ts'

/** What is looked at of an answer. */
interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Documents by the origin of a gateway whose answers are compared with them. */
const documents = new Map<string, readonly OpenApi[]>()
/** Gateways of one process are one program: their documents differ in nothing but the address, and are compiled once. */
let read: Promise<readonly OpenApi[]> | null = null

/** From now on, every answer of this gateway that `send` reads has to be as its OpenAPI documents say. */
export async function compareWithDocuments(url: string): Promise<void> {
  read ??= Promise.all(['openapi', 'runner-openapi'].map((name) => OpenApi.read(`${url}/api/${name}.json`)))
  documents.set(new URL(url).origin, await read)
}

/** @throws when an operation of a document was answered otherwise than the document says. */
export function mustBeDocumented(method: string, { origin, pathname }: URL, { status, headers, text }: Answered): void {
  for (const document of documents.get(origin) ?? []) {
    const operation = document.find(method, pathname)
    if (!operation) continue
    // Answers to HEAD have no body to compare.
    if (method === 'HEAD') {
      if (!operation.statuses.includes(status)) throw new Error(`HEAD ${pathname}: ${status} is not documented`)
      continue
    }
    const faults = document.faultsOf(operation, { status, contentType: headers.get('Content-Type'), text })
    if (faults.length === 0) continue
    throw new Error(`${method} ${pathname} is not answered as documented: ${faults.join('; ')}: ${text.slice(0, 500)}`)
  }
}
