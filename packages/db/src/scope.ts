import type { RunnerType } from '@yardmaster/domain/runners'

const ENABLED = 'p.ci_enabled and p.deleted_at is null'

/**
 * Whether runner `r` serves project `p` (`docs/protocol/job-request.md 5`), by the runner's type. Other problems of a
 * project runner's project are checked when a job is claimed: `docs/protocol/job-request.md 7`.
 */
export const SERVES: { readonly [Type in RunnerType]: string } = {
  instance_type: `(p.instance_runners_enabled and ${ENABLED})`,
  group_type: `(p.group_runners_enabled and ${ENABLED}
    and exists (select from groups g where g.id = p.group_id and r.group_id = any (g.lineage)))`,
  project_type: `exists (select from runner_projects a where a.runner_id = r.id and a.project_id = p.id)`,
}

/** The same, for runners of all types at once. */
export const SERVES_BY_TYPE = `case r.runner_type
  when 'instance_type' then ${SERVES.instance_type}
  when 'group_type' then ${SERVES.group_type}
  else ${SERVES.project_type} end`
