import { OpenApi } from './openapi.ts'

/** What is looked at of an answer. */
interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

interface Documents {
  readonly admin: OpenApi
  readonly runner: OpenApi
}

/** By the origin of a gateway whose answers are compared with them. */
const documents = new Map<string, Documents>()
/** Gateways of one process are one program: their documents differ in nothing but the address, and are compiled once. */
let read: Promise<Documents> | null = null

/** From now on, every answer of this gateway that `send` and `Admin` read has to be as its OpenAPI documents say. */
export async function compareWithDocuments(url: string): Promise<void> {
  read ??= readDocuments(url)
  documents.set(new URL(url).origin, await read)
}

async function readDocuments(url: string): Promise<Documents> {
  const [admin, runner] = await Promise.all([
    OpenApi.read(`${url}/api/openapi.json`),
    OpenApi.read(`${url}/api/runner-openapi.json`),
  ])
  return { admin, runner }
}

/** @throws when an operation of a document was answered otherwise than the document says. */
export function mustBeDocumented(method: string, { origin, pathname }: URL, { status, headers, text }: Answered): void {
  for (const document of Object.values(documents.get(origin) ?? {})) {
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

/**
 * Compares what a procedure answered over tRPC, which has no document of its own: the shapes are those of REST.
 *
 * @throws when the document of the procedure says otherwise.
 */
export function mustFitProcedure(url: string, procedure: string, value: unknown): void {
  const admin = documents.get(new URL(url).origin)?.admin
  if (!admin) return
  const operation = admin.named(procedure)
  const faults = operation ? admin.faultsOfValue(operation, value) : ['it is not in the document']
  if (faults.length > 0)
    throw new Error(
      `${procedure} is not answered as documented: ${faults.join('; ')}: ${JSON.stringify(value)?.slice(0, 500)}`,
    )
}

/** The same for a refusal: its kind, fields and details are those of a problem document. @throws when they are not. */
export function mustFitRefusal(url: string, procedure: string, status: number, refusal: unknown): void {
  const operation = documents.get(new URL(url).origin)?.admin.named(procedure)
  if (!operation) return
  const admin = documents.get(new URL(url).origin)?.admin
  const problem = { type: '', title: '', status, detail: '', ...(refusal as object) }
  const answer = { status, contentType: 'application/problem+json', text: JSON.stringify(problem) }
  const faults = admin?.faultsOf(operation, answer) ?? []
  if (faults.length > 0)
    throw new Error(`${procedure} is not refused as documented: ${faults.join('; ')}: ${JSON.stringify(refusal)}`)
}
