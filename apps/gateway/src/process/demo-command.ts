import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { Config } from '../config.ts'
import { DEMO } from './program-files.ts'

/**
 * The command that shows the demo on this installation when it is typed where this process was started. The demo
 * reads `.env` and `DATA_DIR`, so only what this process was told by other ways is in front of it. A given token is not
 * spelled out: the shell that has it in `ADMIN_TOKEN` fills it in.
 *
 * @param directory - where this process was started.
 */
export function demoCommand({ dataDir, secrets }: Pick<Config, 'dataDir' | 'secrets'>, directory = '.'): string {
  const file = resolve(directory, '.env')
  const kept = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}
  const isFound = resolve(directory, kept.DATA_DIR || './data') === dataDir
  const hasToken = secrets.adminToken === undefined || kept.ADMIN_TOKEN === secrets.adminToken
  return [
    ...(isFound ? [] : [`DATA_DIR=${quoted(dataDir)}`]),
    ...(hasToken ? [] : ['ADMIN_TOKEN="$ADMIN_TOKEN"']),
    ...DEMO.map(quoted),
  ].join(' ')
}

const quoted = (text: string): string =>
  /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
