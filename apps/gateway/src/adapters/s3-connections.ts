import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { ReadHandler } from './s3-read-handler.ts'
import { SecondTry } from './s3-second-try.ts'

/** The most connections to one server, for reading and for writing each. */
const CONNECTIONS = 256
const CONNECT_MS = 5_000
/** Milliseconds without a byte on a reused connection. S3 answers in less than a second. */
const SOON_MS = 3_000
/** Milliseconds without a byte on a new connection. */
const SILENCE_MS = 30_000
/** Milliseconds without a byte in the middle of an answer that is being read. */
const STALLED_MS = 10_000

/** Returns the handler for requests that carry bytes. */
export function openWriteHandler(about: S3ClientConfig): SecondTry {
  const http = new HttpAgent({ keepAlive: true, maxSockets: CONNECTIONS })
  const https = new HttpsAgent({ keepAlive: true, maxSockets: CONNECTIONS })
  const dropIdle = () => {
    for (const { freeSockets } of [http, https]) {
      for (const idle of Object.values(freeSockets)) for (const socket of idle ?? []) socket.destroy()
    }
  }
  const first = sending(about, { httpAgent: http, httpsAgent: https, silenceMs: SOON_MS })
  const second = sending(about, {
    httpAgent: new HttpAgent({ maxSockets: CONNECTIONS }),
    httpsAgent: new HttpsAgent({ maxSockets: CONNECTIONS }),
    silenceMs: SILENCE_MS,
  })
  return new SecondTry({ first, second, dropIdle })
}

/** Returns the SDK's own handler, which is available only as part of a client. */
function sending(
  about: S3ClientConfig,
  { httpAgent, httpsAgent, silenceMs }: { httpAgent: HttpAgent; httpsAgent: HttpsAgent; silenceMs: number },
) {
  const requestHandler = { connectionTimeout: CONNECT_MS, socketTimeout: silenceMs, httpAgent, httpsAgent }
  return new S3Client({ ...about, requestHandler }).config.requestHandler
}

/** Returns the handler for requests without a body whose answer may be large. */
export function openReadHandler(): SecondTry {
  const patience = { connections: CONNECTIONS, connectMs: CONNECT_MS, stalledMs: STALLED_MS }
  const first = new ReadHandler({ ...patience, silenceMs: SOON_MS, keeps: true })
  const second = new ReadHandler({ ...patience, silenceMs: SILENCE_MS, keeps: false })
  return new SecondTry({ first, second, dropIdle: () => first.renew() })
}
