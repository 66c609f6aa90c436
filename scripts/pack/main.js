#!/usr/bin/env node
// The first file of a release. It must be readable by an outdated Node.js, so that it can report that.
import { readFileSync } from 'node:fs'

const { name, version, engines } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'))
const oldest = Number(engines.node.replace('>=', ''))
const args = process.argv.slice(2)

if (Number(process.versions.node.split('.')[0]) < oldest) {
  console.error(`${name} ${version} needs Node.js ${oldest} or newer; this is ${process.version}.`)
  process.exitCode = 1
} else if (args.length === 0 || (args.length === 1 && args[0] === 'server')) {
  import('./server/main.js')
} else {
  import('./server/cli.js')
}
