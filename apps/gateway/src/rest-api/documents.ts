import { type RequestHandler, Router } from 'express'
import { replyJson } from '../http/reply.ts'
import { openApiDocument } from './openapi.ts'
import { REST_API } from './rest-path.ts'

/** The documents of the APIs. They are open to all: they say nothing of this installation but its address. */
export function documents(externalUrl: string): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get(
    '/openapi.json',
    once(() => openApiDocument(externalUrl + REST_API)),
  )
  return router
}

/** Answers with a document that is made when it is first asked for. */
function once(make: () => object): RequestHandler {
  let made: object | null = null
  return (_req, res) => {
    made ??= make()
    replyJson(res, 200, made)
  }
}
