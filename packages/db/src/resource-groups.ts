import type { ResourceGroupStore } from '@yardmaster/domain/ports'
import type { ResourceGroup } from '@yardmaster/domain/resource-groups'
import type { Database } from './database.ts'

const GROUPS = `
select g.id, g.name, g.mode,
       (select job_id from resources r where r.project_id = g.project_id and r.name = g.name) as "heldBy",
       (select count(*)::integer from jobs j
         where j.project_id = g.project_id and j.resource_group = g.name and j.status = 'waiting_for_resource') as waiting
  from resource_groups g
 where g.project_id = $1`

/** Reads resource groups and sets their modes. Who has a resource is changed with the jobs (`job-state/queue.ts`). */
export function resourceGroupStore(db: Database): ResourceGroupStore {
  return {
    async find(projectId, name) {
      const [row] = await db.query<ResourceGroup>({ name: 'find-resource-group', text: `${GROUPS} and g.name = $2` }, [
        projectId,
        name,
      ])
      return row ?? null
    },

    list: ({ projectId, before, limit }) =>
      db.query<ResourceGroup>(
        {
          name: 'list-resource-groups',
          text: `${GROUPS} and ($2::integer is null or g.id < $2) order by g.id desc limit $3`,
        },
        [projectId, before ?? null, limit],
      ),

    async setMode(projectId, name, mode) {
      const set = await db.query(
        'update resource_groups set mode = $3 where project_id = $1 and name = $2 returning id',
        [projectId, name, mode],
      )
      return set.length > 0
    },
  }
}
