import { makeDataDir } from './data-dir.ts'

// node tests/support/make-data-dir.ts DIRECTORY
// Makes the template of the data directories of a whole run.
const [directory] = process.argv.slice(2)
if (!directory) throw new Error('Usage: node tests/support/make-data-dir.ts DIRECTORY')
await makeDataDir(directory)
