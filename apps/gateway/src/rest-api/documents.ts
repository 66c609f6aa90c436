import { type RequestHandler, Router } from 'express'
import { PAGE_HEADERS } from '../http/page-headers.ts'
import { replyJson } from '../http/reply.ts'
import { openApiDocument } from './openapi.ts'
import { referencePage } from './reference-page.ts'
import { REST_API } from './rest-path.ts'
import { runnerOpenApiDocument } from './runner-openapi.ts'

/**
 * Serves the documents of the APIs and a page for reading one. They need no sign-in, because they reveal only the
 * address of this installation.
 *
 * @param base - path prefix of the external address, without a slash at the end.
 */
export function documents(externalUrl: string, base: string): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get(
    '/openapi.json',
    json(() => openApiDocument(externalUrl + REST_API)),
  )
  router.get(
    '/runner-openapi.json',
    json(() => runnerOpenApiDocument(externalUrl)),
  )
  const page = once(() => referencePage(base))
  router.get('/docs', (_req, res) => void res.set(PAGE_HEADERS).send(page()))
  return router
}

const json = (make: () => object): RequestHandler => {
  const document = once(make)
  return (_req, res) => replyJson(res, 200, document())
}

/** Calls `make` on first use and keeps the result. */
function once<Made>(make: () => Made): () => Made {
  let made: Made | null = null
  return () => {
    made ??= make()
    return made
  }
}
