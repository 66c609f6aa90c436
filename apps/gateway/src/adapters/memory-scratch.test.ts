import { expect, it } from 'vitest'
import { MemoryScratch } from './memory-scratch.ts'
import { scratchContract } from './scratch.contract.ts'

scratchContract('Scratch in memory', async () => new MemoryScratch())

it('drops the oldest values before they fill the memory', async () => {
  await using scratch = new MemoryScratch()
  for (let index = 0; index < 250_000; index++) await scratch.set(`key:${index}`, 'value', 600_000)
  expect(await scratch.get('key:0')).toBeNull()
  expect(await scratch.get('key:249999')).toBe('value')
})
