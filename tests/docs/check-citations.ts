// Reports citations of documents, sections and files that do not exist; part of `npm run lint`.
import { brokenCitations, readRepository } from './citations.ts'
import { ROOT } from './command-blocks.ts'

const broken = brokenCitations(readRepository(ROOT))
for (const citation of broken) console.error(citation)
if (broken.length > 0) process.exitCode = 1
