import type { Ports } from '../ports.ts'
import { discardObjects } from './segment-keys.ts'

/** Removes those of these segments that no log needs any more, with their objects. */
export async function removeSegments(
  ports: Pick<Ports, 'traces' | 'objects' | 'artifacts'>,
  ids: ReadonlySet<number>,
): Promise<void> {
  if (ids.size > 0) await discardObjects(ports, await ports.traces.removeUnusedSegments([...ids]))
}
