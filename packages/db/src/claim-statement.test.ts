import { describe, expect, it } from 'vitest'
import { claimStatement } from './claim-statement.ts'
import { useTestDatabase } from './testing/set-up.ts'

const test = useTestDatabase()

describe('the statement of a fair claim', () => {
  it('never reads all running jobs to count those of a project, whatever the planner expects', async () => {
    const statement = claimStatement('instance_type', 'fair', 'one', false)
    const text = typeof statement === 'string' ? statement : statement.text
    // No job was running when the statistics were taken.
    await test.db.script('analyze')
    const plan = await test.db.query<{ 'QUERY PLAN': string }>(`explain ${text}`, [
      ...[1, null, [], true, true, null, null],
      ...[1, null, [], 'digest', null, false, null],
    ])
    const lines = plan.map((row) => row['QUERY PLAN']).join('\n')
    expect(lines).toContain('jobs j')
    expect(lines).not.toMatch(/Index Cond: \(+status = 'running'/)
  })
})
