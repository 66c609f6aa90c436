// Reports imports that are not allowed; part of `npm run lint`.
import { fileURLToPath } from 'node:url'
import { faultsIn } from './faults.mjs'
import { readGraph } from './graph.mjs'

const { graph } = readGraph(fileURLToPath(new URL('../..', import.meta.url)))
const faults = faultsIn(graph)
for (const fault of faults) console.error(fault)
if (faults.length > 0) {
  console.error(`\n${faults.length} imports are not allowed: see scripts/imports/rules.mjs and docs/architecture.md.`)
  process.exitCode = 1
}
