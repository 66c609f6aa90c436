import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Schema } from './values.ts'

const LIST = resolve(import.meta.dirname, '../../apps/gateway/src/list-routes.ts')

export interface Route {
  /** `ALL`: whatever no other row has. */
  readonly method: string
  /** With `:name` for a parameter and `*name` for the rest. */
  readonly path: string
}

export interface Procedure {
  readonly name: string
  readonly kind: 'query' | 'mutation' | 'subscription'
  readonly input?: Schema
}

export interface Surface {
  readonly routes: readonly Route[]
  readonly procedures: readonly Procedure[]
}

/** Views are one pattern to the gateway; these are what people open. */
const VIEWS = ['/', '/jobs', '/jobs/:id', '/runners', '/runners/:id', '/projects', '/projects/:id', '/settings']
const STATIC = ['/assets/index.js', '/index.html', '/favicon.svg', '/nothing', '/api', '/api/v3/jobs', '/api/v4/none']

/** Every route as the program itself lists them, so that none can be forgotten here. */
export async function readSurface(): Promise<Surface> {
  const { stdout } = await promisify(execFile)(process.execPath, [LIST], { maxBuffer: 64 * 1_048_576 })
  const { routes, procedures } = JSON.parse(stdout) as Surface
  return { routes: [...routes, ...[...VIEWS, ...STATIC].map((path) => ({ method: 'GET', path }))], procedures }
}
