import type { Ports } from '../ports.ts'
import type { StoredArtifact } from './artifact.ts'
import { readTests } from './read-tests.ts'
import type { TestReport } from './test-case.ts'
import { readTestListing } from './test-listing.ts'

/**
 * Returns the tests of a stored JUnit report: from the listing beside it, or from the report itself when an earlier
 * release stored it without one. Returns null when it was deleted meanwhile.
 */
export async function openTests(
  { objects }: Pick<Ports, 'objects'>,
  { key, listingKey }: Pick<StoredArtifact, 'key' | 'listingKey'>,
): Promise<TestReport | null> {
  const listing = listingKey === null ? null : await objects.get(listingKey)
  const listed = listing && (await readTestListing(listing))
  if (listed) return listed
  const report = await objects.get(key)
  return report && (await readTests(report))
}
