import { readFileSync } from 'node:fs'

const read = (path: string): { name: string; version: string } =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))

/** In a release, the bundle is one folder below its `package.json`; in a checkout that is this package's own. */
const nearest = read('../package.json')

/** Whether this is a release, which has the server beside the command. */
export const isRelease = nearest.name === 'yardmaster'

/** The version of the release. */
export const { version: VERSION } = isRelease ? nearest : read('../../../package.json')
