import { z } from 'zod'
import { Count, list } from './values.ts'

const Color = z.strictObject({ palette: z.literal([16, 256, 'rgb']), index: Count })

const Style = namesOnly(
  z.strictObject({
    fg: z.exactOptional(Color),
    bg: z.exactOptional(Color),
    bold: z.exactOptional(z.literal(true)),
    dim: z.exactOptional(z.literal(true)),
    italic: z.exactOptional(z.literal(true)),
    underline: z.exactOptional(z.literal(true)),
    doubled: z.exactOptional(z.literal(true)),
    overlined: z.exactOptional(z.literal(true)),
    inverse: z.exactOptional(z.literal(true)),
    conceal: z.exactOptional(z.literal(true)),
    crossed: z.exactOptional(z.literal(true)),
    link: z.exactOptional(z.string()),
  }),
).meta({ id: 'TextStyle' })

const Stamp = z
  .strictObject({ time: z.string(), stream: z.string(), channel: z.enum(['out', 'err']) })
  .meta({ id: 'TimeStamp' })

const Rows = list(z.strictObject({ first: Count, last: Count })).describe('The lines that its cursor can reach.')

/** The state that a parser needs to begin at a line (`packages/trace-format`). */
export const TraceStateShape = z
  .strictObject({
    line: Count,
    stored: Count,
    stamped: z.boolean().nullable(),
    style: Style,
    cursor: z.exactOptional(z.strictObject({ line: Count, rows: Rows })),
    streams: list(
      z.strictObject({
        name: z.string(),
        line: Count,
        style: Style,
        rows: Rows,
        column: z.exactOptional(Count),
        moved: z.exactOptional(z.literal(true)),
        returned: z.exactOptional(z.literal(true)),
        sequence: z.exactOptional(
          z.strictObject({
            mode: z.enum(['escape', 'csi', 'string', 'string-escape', 'intermediate']),
            parameters: z.string(),
          }),
        ),
        marker: z.exactOptional(z.string()),
      }),
    ),
    sections: list(z.strictObject({ name: z.string(), startedAt: z.number(), headerLine: Count })),
    within: z.strictObject({ stamp: Stamp.nullable(), marker: z.exactOptional(z.string()) }).nullable(),
  })
  .meta({ id: 'TraceState' })

/** How a line continues after the window (`docs/protocol/trace.md 10, 11`). */
export const LineChangeShape = z
  .strictObject({
    number: Count,
    stored: Count,
    drops: Count,
    clears: z.boolean(),
    spans: list(z.strictObject({ text: z.string(), style: Style })),
    overlay: z
      .strictObject({
        erasedFrom: Count.nullable(),
        runs: list(z.strictObject({ column: Count, spans: list(z.strictObject({ text: z.string(), style: Style })) })),
      })
      .nullable()
      .describe(
        'What is then written at columns, which are counted from 0, and from which column on the line is erased.',
      ),
    stamp: Stamp.nullable(),
    cut: z.boolean(),
  })
  .meta({ id: 'LineChange' })

export const SectionShape = z
  .strictObject({
    name: z.string(),
    header: z.string(),
    options: z.record(z.string(), z.string()),
    depth: Count.describe('How many other sections contain it.'),
    startLine: Count.describe('The line of its header.'),
    endLine: Count.nullable().describe('The last line that folding hides; null while the section is open.'),
    footer: z.boolean().describe('Whether `endLine` has no text and only ends sections.'),
    startedAt: z.number().describe('Seconds since 1970.'),
    endedAt: z.number().nullable(),
  })
  .meta({ id: 'LogSection' })

/**
 * Returns the shape with a check of member names only: a line may have 65,536 styles, and a full check of them takes
 * longer than everything else that is done for the line.
 */
function namesOnly<Shape extends z.ZodObject>(shape: Shape) {
  const { type, properties, additionalProperties } = z.toJSONSchema(shape)
  const names: ReadonlySet<string> = new Set(Object.keys(shape.shape))
  return z
    .custom<z.output<Shape>>((given) => {
      if (typeof given !== 'object' || given === null) return false
      for (const name in given) if (!names.has(name)) return false
      return true
    })
    .meta({ type, properties, additionalProperties })
}
