import type { Services } from '../services.ts'
import type { Load } from './load.ts'
import { type MaintenanceBegin, maintenanceBegin } from './maintenance-begin.ts'

export interface Overview extends Load {
  /** The instance assigns no jobs at present. */
  readonly maintenance: boolean
  /** Null when there is no maintenance, and when it is not known any more. */
  readonly maintenanceBegin: MaintenanceBegin | null
}

/** Returns what a person has to know first: whether jobs are handed out, what waits, and who could work. */
export async function readOverview({
  settings,
  audit,
  load,
}: Pick<Services, 'settings' | 'audit' | 'load'>): Promise<Overview> {
  const [{ maintenance }, counted] = await Promise.all([settings.get(), load()])
  return { ...counted, maintenance, maintenanceBegin: maintenance ? await maintenanceBegin({ audit }) : null }
}
