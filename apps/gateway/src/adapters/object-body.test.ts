import { expect, it } from 'vitest'
import { inBlocks } from './object-body.ts'

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
  const blocks: string[] = []
  for await (const block of inBlocks(of(...chunks), { blocks: 2, size: 4 })) blocks.push(Buffer.from(block).toString())
  expect(blocks).toEqual(expected)
})

it('uses so many blocks in turns', async () => {
  const seen: Uint8Array[] = []
  for await (const block of inBlocks(of('aaaabbbbccccdd'), { blocks: 3, size: 4 })) seen.push(block)
  expect(seen.map((block) => Buffer.from(block).toString())).toEqual(['ddaa', 'bbbb', 'cccc', 'dd'])
})

it('ends with the body’s own error', async () => {
  async function* broken() {
    yield Buffer.from('ab')
    throw new Error('connection lost')
  }
  const read = async () => {
    for await (const _ of inBlocks(broken(), { blocks: 2, size: 4 })) expect.unreachable()
  }
  await expect(read()).rejects.toThrow('connection lost')
})
