import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { Config } from '../config.ts'
import { DEMO } from './program-files.ts'

/**
 * Returns the command that shows the demo on this installation, to be run where this process was started. The demo
 * reads `.env` and `DATA_DIR`, so the command is prefixed only with settings from elsewhere. A given token is not
 * spelled out: the shell fills it in from `ADMIN_TOKEN`.
 *
 * @param directory - the working directory in which this process was started.
 */
export function demoCommand({ dataDir, secrets }: Pick<Config, 'dataDir' | 'secrets'>, directory = '.'): string {
  const file = resolve(directory, '.env')
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}
  const isFound = resolve(directory, fromFile.DATA_DIR || './data') === dataDir
  const hasToken = secrets.adminToken === undefined || fromFile.ADMIN_TOKEN === secrets.adminToken
  return [
    ...(isFound ? [] : [`DATA_DIR=${quoted(dataDir)}`]),
    ...(hasToken ? [] : ['ADMIN_TOKEN="$ADMIN_TOKEN"']),
    ...DEMO.map(quoted),
  ].join(' ')
}

const quoted = (text: string): string =>
  /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
