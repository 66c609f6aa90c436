import { expect, it } from 'vitest'
import { Blocks, inBlocks, release } from './blocks.ts'

async function* of(...texts: readonly string[]) {
  for (const text of texts) yield Buffer.from(text)
}

it.each([
  [[], []],
  [[''], []],
  [['ab'], ['ab']],
  [['abcd'], ['abcd']],
  [['abcdefghij'], ['abcd', 'efgh', 'ij']],
  [
    ['a', 'bc', '', 'defg', 'h'],
    ['abcd', 'efgh'],
  ],
])('cuts %j into blocks of four: %j', async (chunks, expected) => {
  const found: string[] = []
  for await (const block of inBlocks(of(...chunks), new Blocks({ count: 2, size: 4 }))) {
    found.push(Buffer.from(block).toString())
  }
  expect(found).toEqual(expected)
})

it('uses its blocks in turn', async () => {
  const seen: Uint8Array[] = []
  const blocks = new Blocks({ count: 3, size: 4 })
  for await (const block of inBlocks(of('aaaabbbbccccdd'), blocks)) seen.push(block)
  expect(seen.map((block) => Buffer.from(block).toString())).toEqual(['ddaa', 'bbbb', 'cccc', 'dd'])
})

it('reports each chunk once it was copied', async () => {
  const copied: string[] = []
  const seen: string[] = []
  const blocks = new Blocks({ count: 2, size: 4 })
  for await (const block of inBlocks(of('ab', 'cdefgh', 'i'), blocks, (chunk) => copied.push(chunk.toString()))) {
    seen.push(`${block} after ${copied}`)
  }
  expect(seen.map((one) => one.split(' after ')[1])).toEqual(['ab', 'ab', 'ab,cdefgh,i'])
})

it('fails with the body’s own error', async () => {
  async function* broken() {
    yield Buffer.from('ab')
    throw new Error('connection lost')
  }
  const read = async () => {
    for await (const _ of inBlocks(broken(), new Blocks({ count: 2, size: 4 }))) expect.unreachable()
  }
  await expect(read()).rejects.toThrow('connection lost')
})

it('frees the memory of all blocks', () => {
  const blocks = new Blocks({ count: 2, size: 4 })
  const taken = [blocks.next(), blocks.next()]
  blocks[Symbol.dispose]()
  expect(taken.map(({ length }) => length)).toEqual([0, 0])
})

it('keeps memory that holds something else', () => {
  const whole = Buffer.allocUnsafeSlow(10)
  release(whole.subarray(2))
  expect(whole).toHaveLength(10)
  release(whole)
  expect(whole).toHaveLength(0)
})
