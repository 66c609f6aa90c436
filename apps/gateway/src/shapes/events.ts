import { type TrackedEnvelope, tracked } from '@trpc/server'
import { z } from 'zod'

/** The shape of a subscription's events, by the subscription's output. */
const EVENTS = new WeakMap<z.ZodType, z.ZodType>()

/** Something in a list on screen changed, so the client has to read it again. */
export const ListChangedShape = z.strictObject({ changed: z.boolean() }).meta({ id: 'ListChanged' })

/** Returns the output of a subscription, whose events are checked one by one as they are sent. */
export function eventsOf<Event extends z.ZodType>(event: Event) {
  return remember(
    event,
    stream<z.input<Event>>().transform(async function* (given): AsyncGenerator<z.output<Event>> {
      for await (const one of given) yield event.parse(one)
    }),
  )
}

/** Like `eventsOf`, with an id for each event, from which a client resumes. */
export function trackedEventsOf<Event extends z.ZodType>(event: Event) {
  return remember(
    event,
    stream<TrackedEnvelope<z.input<Event>>>().transform(async function* (given): AsyncGenerator<
      TrackedEnvelope<z.output<Event>>
    > {
      for await (const [id, one] of given) yield tracked(id, event.parse(one))
    }),
  )
}

/** Returns the shape of one event; null for the output of a query or a mutation. */
export const eventShapeOf = (output: z.ZodType): z.ZodType | null => EVENTS.get(output) ?? null

const stream = <Event>() =>
  z.custom<AsyncIterable<Event>>(
    (given) => typeof given === 'object' && given !== null && Symbol.asyncIterator in given,
  )

function remember<Output extends z.ZodType>(event: z.ZodType, output: Output): Output {
  EVENTS.set(output, event)
  return output
}
