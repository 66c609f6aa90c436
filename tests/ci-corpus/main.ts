import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { answerCase, type Case } from './answer-case.ts'

// Answers each case of a file with one JSON line, in the reference's form: see the corpus' own description.

const { values } = parseArgs({ options: { batch: { type: 'string' }, inputs: { type: 'string' } } })
if (!values.batch || !values.inputs) {
  console.error('Usage: npm run -s ci-corpus -- --batch CASES.jsonl --inputs DIR')
  process.exit(2)
}
for (const line of readFileSync(values.batch, 'utf8').split('\n')) {
  if (line.trim() === '') continue
  const answer = await answerCase(JSON.parse(line) as Case, values.inputs)
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
