import { expect, it } from 'vitest'
import { fillCheckoutPaths } from './checkout-paths.ts'
import { unique } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'

const test = useTestDatabase()

const sharesCheckout = async (id: number) => (await test.stores.projects.find(id))?.sharesCheckout

it('of projects with the same checkout directory, the oldest one has it to itself', async () => {
  const name = unique()
  const first = await makeProject(test, { repoUrl: `https://git.example.org/${name}/a.git` })
  const second = await makeProject(test, { repoUrl: `https://other.example.org/${name.toUpperCase()}/a` })
  const third = await makeProject(test, { path: `${name}/a` })
  const other = await makeProject(test, { repoUrl: `https://git.example.org/${name}/b.git` })
  const shared = () => Promise.all([first, second, third, other].map(({ id }) => sharesCheckout(id)))
  expect(await shared()).toEqual([false, true, true, false])

  await test.stores.projects.update(first.id, { repoUrl: `https://git.example.org/${name}/c.git` })
  expect(await shared()).toEqual([false, false, true, false])

  await test.stores.projects.remove(second.id)
  expect(await sharesCheckout(third.id)).toBe(false)
})

it('a repository that was stored before paths were kept gets its path at the start', async () => {
  const name = unique()
  const repoUrl = `https://git.example.org/${name}.git`
  const [, second] = [await makeProject(test, { repoUrl }), await makeProject(test, { repoUrl })]
  await test.db.query('update projects set checkout_path = null')
  expect(await sharesCheckout(second.id)).toBe(false)
  await fillCheckoutPaths(test.db, test.secrets)
  expect(await sharesCheckout(second.id)).toBe(true)
})
