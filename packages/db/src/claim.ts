import type { Claim } from '@yardmaster/domain/ports'
import { type ClaimRow, type OutcomeTogether, outcomesOf } from './claim-row.ts'
import { type Asker, type AskerCount, anythingPending, askersAsParameters, claimStatement } from './claim-statement.ts'
import type { Database, Queryable } from './database.ts'
import { encryptSession } from './encrypted-values.ts'
import type { SecretBox } from './secrets.ts'

/**
 * Claims a job for each of those who ask. They must be of one kind (`kindOfClaim`).
 *
 * @param count - which text of the statement; that for several serves a single one as well.
 * @returns their outcomes, in their order. One job that can't be read does not concern the others.
 */
export async function claimJobs(
  db: Database,
  secrets: SecretBox,
  claims: readonly [Claim, ...Claim[]],
  count: AskerCount = claims.length === 1 ? 'one' : 'several',
): Promise<readonly PromiseSettledResult<OutcomeTogether>[]> {
  const [first, ...others] = claims
  if (db.kind === 'pglite' && !(await isAnythingPending(db, first))) {
    return claims.map(() => ({ status: 'fulfilled', value: { kind: 'none' } }))
  }
  const { runner, fairScheduling, jobAge, archiveAfter } = first
  const statement = claimStatement(
    runner.runnerType,
    runner.runnerType === 'instance_type' && fairScheduling ? 'fair' : 'fifo',
    count,
    claims.some(({ session }) => session !== null),
  )
  const askers = [askerOf(secrets, first), ...others.map((claim) => askerOf(secrets, claim))] as const
  const rows = await db.query<ClaimRow>(statement, [
    ...laneParameters(first),
    jobAge,
    archiveAfter,
    ...askersAsParameters(askers, count),
  ])
  return await outcomesOf(db, secrets, claims, rows)
}

/** What chooses the lanes of a claim: its first parameters. */
const laneParameters = ({ runner }: Claim) => [
  runner.id,
  runner.groupId,
  runner.tagList,
  runner.runUntagged,
  runner.accessLevel === 'not_protected',
]

/**
 * PGlite runs statements on this thread, so a claim costs milliseconds even when nothing is pending, which is the usual
 * case. This check costs a tenth of that.
 */
async function isAnythingPending(db: Queryable, claim: Claim): Promise<boolean> {
  const [row] = await db.query<{ found: boolean }>(anythingPending(claim.runner.runnerType), laneParameters(claim))
  return row?.found ?? false
}

const askerOf = (secrets: SecretBox, claim: Claim): Asker => ({
  runner_id: claim.runner.id,
  manager_id: claim.managerId,
  features: claim.features,
  token_digest: claim.tokenDigest,
  maximum_timeout: claim.runner.maximumTimeout,
  answers_hold: claim.answersHold,
  session: claim.session && Buffer.from(encryptSession(secrets, claim.session, claim.tokenDigest)).toString('base64'),
})
