// Finds the tests that a change of files is most likely to break.

/** What reads a file that no source imports. */
const READ_BY = [{ files: /^packages\/db\/migrations\//, reader: 'packages/db/src/migrate.ts' }]

const isTestFile = (file) => /\.(test|spec)\.(ts|tsx|mjs)$/.test(file)

/**
 * Returns test files by their distance from the changed files: first those that changed, then those that import a
 * changed file, and so on. Imports of types alone don't count, because they do nothing at run time.
 *
 * Packages are entered through one file that imports all others, so that nearly every test is near enough to every
 * file to be affected. Those beyond `most` are therefore left to a whole run; of equally near ones, those in the folder
 * of a changed file come first.
 *
 * @param {ReadonlyMap<string, readonly import('../imports/graph.mjs').Import[]>} graph
 * @param {readonly string[]} changed - from the root.
 * @param {number} most
 * @returns {{ tests: string[], left: number }} `left` is the number of tests beyond `most`.
 */
export function nearestTests(graph, changed, most) {
  const importers = new Map()
  for (const [file, imports] of graph) {
    for (const { target, onlyTypes } of imports) {
      if (target === null || onlyTypes) continue
      if (!importers.has(target)) importers.set(target, [])
      importers.get(target).push(file)
    }
  }
  const folders = new Set(changed.map(folderOf))
  const seen = new Set(changed.map((file) => READ_BY.find(({ files }) => files.test(file))?.reader ?? file))
  const tests = []
  for (let layer = [...seen]; layer.length > 0; ) {
    const near = layer.filter((file) => isTestFile(file) && graph.has(file))
    tests.push(...near.sort((a, b) => folders.has(folderOf(b)) - folders.has(folderOf(a)) || (a < b ? -1 : 1)))
    const next = new Set(layer.flatMap((file) => importers.get(file) ?? []).filter((file) => !seen.has(file)))
    for (const file of next) seen.add(file)
    layer = [...next]
  }
  return { tests: tests.slice(0, most), left: Math.max(0, tests.length - most) }
}

const folderOf = (file) => file.slice(0, file.lastIndexOf('/'))
