import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decryptScheduleConfiguration, encryptScheduleConfiguration } from './encrypted-values.ts'
import { openSecretBox, placeOf } from './secrets.ts'

const secrets = openSecretBox(randomBytes(32))
const ID = 7
const place = placeOf('schedules.configuration', ID)
const read = (stored: object) =>
  decryptScheduleConfiguration(secrets, secrets.encrypt(JSON.stringify(stored), place), ID)

describe('the stored configuration of a schedule', () => {
  it('is read as releases before repositories wrote it', () => {
    const configuration = { content: 'job: {}', files: { 'a.yml': 'b' }, inputs: null }
    expect(read({ version: 1, content: 'job: {}', files: { 'a.yml': 'b' } })).toEqual(configuration)
    expect(read({ content: 'job: {}', files: { 'a.yml': 'b' } })).toEqual(configuration)
  })

  it.each([
    ['given', 'job: {}', 1],
    ['read from the repository', null, 2],
  ])('that is %s is kept, for the releases that know of that', (_, content, version) => {
    const configuration = { content, files: null, inputs: { a: 1 } }
    const encrypted = encryptScheduleConfiguration(secrets, configuration, ID)
    expect(JSON.parse(secrets.decrypt(encrypted, place))).toMatchObject({ version, content: content ?? '' })
    expect(decryptScheduleConfiguration(secrets, encrypted, ID)).toEqual(configuration)
  })
})
