import { expect, it } from 'vitest'
import { create, setUpScene } from '../testing/scene.ts'
import { storedText } from '../testing/stored-definition.ts'

setUpScene()

it('stores the definition of a job with the version of its form', async () => {
  expect(JSON.parse(await storedText(await create()))).toMatchObject({ version: 1, script: ['true'] })
})
