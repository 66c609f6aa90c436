import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTests } from './read-tests.ts'
import type { TestReport } from './test-case.ts'
import { inPieces } from './testing.ts'

const pieces = (...parts: (string | Uint8Array)[]) =>
  inPieces(Buffer.concat(parts.map((part) => Buffer.from(part as string))), 65_536)

const read = (...files: (string | Uint8Array)[]): Promise<TestReport> =>
  readTests(pieces(Buffer.concat(files.map((file) => gzipSync(file)))))

const suite = (cases: string, attributes = 'name="unit"') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites><testsuite ${attributes}>${cases}</testsuite></testsuites>`

const REPORT = suite(`
  <testcase name="adds" classname="Sum" time="0.25"/>
  <testcase name="divides" classname="Sum" time="1,000.5"><failure message="by zero" type="Error">at sum.js:3</failure>
    <system-out>printed</system-out><system-err><![CDATA[<warned>]]></system-err></testcase>
  <testcase name="crashes"><error message="boom"/></testcase>
  <testcase name="waits"><skipped message="not today"/></testcase>`)

describe('the tests of a report', () => {
  it('are read with their outcome, time and output, those that failed first', async () => {
    expect(await read(REPORT)).toEqual({
      ...{ total: 4, failed: 2, skipped: 1, seconds: 1000.75, notes: [] },
      cases: [
        {
          ...{ suite: 'unit', name: 'divides', classname: 'Sum', status: 'failed', seconds: 1000.5, flaky: false },
          output: 'by zero\nat sum.js:3\n\nSystem Out:\n\nprinted\n\nSystem Err:\n\n<warned>',
        },
        {
          suite: 'unit',
          name: 'crashes',
          classname: null,
          status: 'error',
          seconds: null,
          output: 'boom',
          flaky: false,
        },
        { suite: 'unit', name: 'adds', classname: 'Sum', status: 'success', seconds: 0.25, output: null, flaky: false },
        {
          ...{ suite: 'unit', name: 'waits', classname: null, status: 'skipped', seconds: null, flaky: false },
          output: 'not today',
        },
      ],
    })
  })

  it.each([
    ['a suite as the root', '<testsuite name="a"><testcase name="x"/></testsuite>', ['a/x']],
    [
      'suites in suites',
      '<testsuites><testsuite name="a"><testsuite name="b"><testcase name="x"/></testsuite><testcase name="y"/></testsuite></testsuites>',
      ['b/x', 'a/y'],
    ],
    ['a namespace', '<j:testsuite xmlns:j="u" name="a"><j:testcase name="x"/></j:testsuite>', ['a/x']],
    ['no names', '<testsuite><testcase/></testsuite>', ['/(no name)']],
    [
      'a comment, an instruction and a document type',
      '<!DOCTYPE testsuite [<!ELEMENT a ANY>]><?x y?><!-- z --><testsuite><testcase name="&lt;&#233;&gt;"/></testsuite>',
      ['/<é>'],
    ],
    ['a byte order mark', '\ufeff<testsuite><testcase name="x"/></testsuite>', ['/x']],
  ])('are read from a report with %s', async (_, text, names) => {
    const { cases, notes } = await read(text)
    expect(cases.map((test) => `${test.suite}/${test.name}`)).toEqual(names)
    expect(notes).toEqual([])
  })

  it('are read in the encoding of the report', async () => {
    const name = async (bytes: Uint8Array) => (await read(bytes)).cases[0]?.name
    const text = (encoding: string) => `<?xml version="1.0" encoding="${encoding}"?><a><testcase name="né"/></a>`
    expect(await name(Buffer.from(text('ISO-8859-1'), 'latin1'))).toBe('né')
    expect(await name(Buffer.from(text('UTF-16'), 'utf16le'))).toBe('né')
    expect(await name(Buffer.from(`\ufeff${text('UTF-16')}`, 'utf16le'))).toBe('né')
    expect(await name(Buffer.from(`\ufeff${text('UTF-16')}`, 'utf16le').swap16())).toBe('né')
    expect(await name(Buffer.from(text('klingon'), 'utf8'))).toBe('né')
    expect(await name(Buffer.from(text('utf-8'), 'latin1'))).toBe('n\ufffd')
  })

  it('are those of all files of the report, which may have been joined', async () => {
    const { total, cases } = await read(REPORT, '', suite('<testcase name="last"/>', 'name="other"'))
    expect(total).toBe(5)
    expect(cases.at(-1)).toMatchObject({ suite: 'other', name: 'last' })
  })

  it('are not run when GoogleTest says so, and flaky when Maven ran them again', async () => {
    const { cases } = await read(
      suite(`<testcase name="off" status="notrun"/><testcase name="again"><flakyFailure message="m">
        <stackTrace>s</stackTrace><system-out>o</system-out></flakyFailure></testcase>`),
    )
    expect(cases).toMatchObject([
      { name: 'off', status: 'skipped', flaky: false },
      { name: 'again', status: 'success', flaky: true, output: null },
    ])
  })

  it('say each message once', async () => {
    const { cases } = await read(suite('<testcase name="a"><failure message="no">no\n at 3</failure></testcase>'))
    expect(cases[0]?.output).toBe('no\n at 3')
    const named = '<testcase name="a"><failure message="no">AssertionError: no\n at 3</failure></testcase>'
    expect((await read(suite(named))).cases[0]?.output).toBe('AssertionError: no\n at 3')
  })
})

describe('a note stands for', () => {
  const BOMB = `<!DOCTYPE a [<!ENTITY l "ha"><!ENTITY m "&l;&l;&l;&l;"><!ENTITY n "&m;&m;&m;&m;">]>`
  it.each([
    ['text that is not XML', 'no xml', /^File 1 of the report is broken: line 1: /],
    ['an element that is not closed', '<testsuite><testcase name="a">', /Unclosed root tag/],
    ['elements that close each other', '<testsuite><testcase></testsuite></testcase>', /Unexpected close tag/],
    [
      'entities that the report declares',
      `${BOMB}<testsuite><testcase name="&n;"/></testsuite>`,
      /Invalid character entity/,
    ],
    ['deep nesting', '<a>'.repeat(1_000), /nested more than 100 deep/],
    ['a long attribute', `<testsuite name="${'x'.repeat(3_000_000)}"/>`, /Max buffer length exceeded/],
    [
      'many attributes',
      `<testsuite ${Array.from({ length: 2_000 }, (_, at) => `a${at}=""`).join(' ')}/>`,
      /1000 attributes/,
    ],
    ['attributes that confuse the parser', '<testsuite hasOwnProperty="1" a="2"/>', /cannot be read/],
    ['no tests at all', '<html><body/></html>', /^The report has no tests\.$/],
  ])('%s', async (_, text, note) => {
    const { notes, total } = await read(text)
    expect(notes).toEqual([expect.stringMatching(note)])
    expect(total).toBe(0)
  })

  it('a broken file, and the tests of it and of the others count', async () => {
    const { total, notes } = await read('<testsuite><testcase/><testcase></a>', 'x', suite('<testcase/>'))
    expect(total).toBe(2)
    expect(notes).toEqual([expect.stringMatching(/^File 1 /), expect.stringMatching(/^File 2 /)])
  })

  it('something other than gzip, and a damaged end', async () => {
    expect((await readTests(pieces(REPORT))).notes).toEqual(['The report is not gzip, or is damaged.'])
    expect((await readTests(pieces(''))).notes).toEqual(['The report is not gzip, or is damaged.'])
    const whole = gzipSync(REPORT)
    const wrong = Buffer.from(whole)
    wrong.writeUInt8(wrong.readUInt8(whole.length - 6) ^ 1, whole.length - 6)
    expect((await readTests(pieces(wrong))).notes).toEqual([expect.stringMatching(/damaged/)])
  })

  it('a report that unpacks to far more than it has', async () => {
    const bomb = gzipSync(Buffer.concat([Buffer.from('<a>'), Buffer.alloc(70_000_000, ' ')]))
    expect(bomb.length).toBeLessThan(100_000)
    expect((await readTests(pieces(bomb))).notes).toEqual(['The report unpacks to more than 67108864 bytes.'])
  })

  it('a report that is too large', async () => {
    const { notes } = await readTests(pieces(...Array.from({ length: 17 }, () => Buffer.alloc(1_048_576))))
    expect(notes).toEqual(['The report has more than 16777216 bytes.'])
  })

  it('tests beyond the limit, which are counted', async () => {
    const some = '<testcase name="a"/><testcase name="b"><failure/></testcase>'.repeat(21_000)
    const { total, failed, cases, notes } = await read(suite(some))
    expect({ total, failed, listed: cases.length }).toEqual({ total: 42_000, failed: 21_000, listed: 25_000 })
    expect(notes).toEqual(['17000 of the 42000 tests are counted, but not listed.'])
  })

  it('outputs beyond the limit', async () => {
    const one = `<testcase name="a"><failure>${'x'.repeat(20_000)}</failure></testcase>`
    const { cases, notes } = await read(suite(one.repeat(300)))
    expect(cases[0]?.output).toHaveLength(16_386)
    expect(cases.at(-1)?.output).toBeNull()
    expect(notes).toEqual([expect.stringMatching(/^The outputs of some tests are left out/)])
  })
})

describe('a report that is cut or damaged anywhere', () => {
  it('gives tests or notes at every byte of the XML', async () => {
    const whole = Buffer.from(REPORT)
    for (let length = 0; length < whole.length; length++) {
      const { total, notes } = await read(whole.subarray(0, length))
      expect(total).toBeLessThanOrEqual(4)
      expect(notes.length).toBe(1)
    }
  })

  it('gives tests or notes at every byte of the gzip', async () => {
    const whole = Buffer.concat([gzipSync(REPORT), gzipSync(REPORT)])
    for (let length = 0; length < whole.length; length++) {
      const { total, notes } = await readTests(pieces(whole.subarray(0, length)))
      expect(total).toBeLessThanOrEqual(8)
      if (total < 8 && length !== whole.length / 2) expect(notes.length).toBeGreaterThan(0)
    }
  })

  it('gives tests or notes for anything else', async () => {
    const part = fc.constantFrom(
      ...['<testsuite', '<testcase', ' name="a"', '>', '/>', '</testcase>', '</testsuite>', '<failure>', '</failure>'],
      ...[
        '<![CDATA[',
        ']]>',
        '<!--',
        '-->',
        '<?xml ?>',
        '&lt;',
        '&#x0;',
        '&x;',
        '\0',
        '\ufffe',
        '"',
        ' time="-1"',
        '💥',
      ],
    )
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 30 }), fc.uint8Array({ maxLength: 20 }), async (parts, bytes) => {
        const { total, notes, cases } = await read(Buffer.concat([Buffer.from(parts.join('')), bytes]))
        expect(total === 0 ? notes.length : cases.length).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })
})
