import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Schema } from '../support/openapi.ts'

const LIST = resolve(import.meta.dirname, '../../apps/gateway/src/list-routes.ts')

export interface Route {
  /** `ALL` for every method that no other row has. */
  readonly method: string
  /** The path, with `:name` for a parameter and `*name` for the rest. */
  readonly path: string
}

export interface Procedure {
  readonly name: string
  readonly kind: 'query' | 'mutation' | 'subscription'
  readonly input?: Schema
}

export interface Surface {
  readonly routes: readonly Route[]
  /** Routes with a specific method. */
  readonly plain: readonly Route[]
  /** Routes that take special bodies. */
  readonly deep: readonly Route[]
  readonly procedures: readonly Procedure[]
}

/** For the gateway, views are one pattern; these are the pages that people open. */
const VIEWS = [
  '/',
  '/pipelines',
  '/pipelines/:id',
  '/jobs',
  '/jobs/:id',
  '/runners',
  '/runners/:id',
  '/projects',
  '/projects/:id',
  '/settings',
]
const STATIC = ['/assets/index.js', '/index.html', '/favicon.svg', '/nothing', '/api', '/api/v3/jobs', '/api/v4/none']

const DEEP = ['POST /api/v4/jobs/:id/artifacts', 'PATCH /api/v4/jobs/:id/trace', 'PUT /api/v4/jobs/:id']

/** Reads the program's own list of routes, so that none is forgotten here. */
export async function readSurface(): Promise<Surface> {
  const { stdout } = await promisify(execFile)(process.execPath, [LIST], { maxBuffer: 64 * 1_048_576 })
  const { routes: listed, procedures } = JSON.parse(stdout) as Pick<Surface, 'routes' | 'procedures'>
  const routes = [...listed, ...[...VIEWS, ...STATIC].map((path) => ({ method: 'GET', path }))]
  return {
    routes,
    plain: routes.filter(({ method }) => method !== 'ALL'),
    deep: routes.filter(({ method, path }) => DEEP.includes(`${method} ${path}`)),
    procedures,
  }
}
