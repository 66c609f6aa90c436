// A fixed amount of computing, in this process and in the database, that writes nothing: what a busy machine slows in the
// same measure as a request, while flushes have delays of their own.
import { answering } from './answering.ts'
import { openBareDatabase } from './database.ts'
import { inParallel } from './in-parallel.ts'

const ROWS = 3_000
const COMPUTE = 'select sum(length(n::text)) from generate_series(1, $1::integer) n'
const COPIES = 20
const BODY = Array.from({ length: 100 }, (_, index) => ({
  key: `NAME_${index}`,
  value: `value ${index}`,
  public: true,
}))

const db = await openBareDatabase()

async function compute(): Promise<void> {
  for (let copy = 0; copy < COPIES; copy++) JSON.parse(JSON.stringify(BODY))
  await db.query('compute', COMPUTE, [ROWS])
}

answering<number>(
  (times) => inParallel(times, 1, compute),
  () => db.close(),
)
