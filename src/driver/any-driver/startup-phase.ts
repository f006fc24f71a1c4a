/**
 * Lets in a client of any driver that has opened a socket to the server: the start-up phase of the protocol, in the
 * server's place. The sandbox logs in with what the client says; a password is asked for only where the server wants one.
 *
 * take-over.ts makes one for each socket and hands over what is written there, also after the start-up phase: by then
 * the virtual connection has it.
 */
import net from 'node:net'
import type { ClientSide } from '../../client/client-side.ts'
import { VirtualConnection } from '../../client/virtual-connection.ts'
import { type SandboxError, toFields } from '../../errors.ts'
import { errorResponse, READY_FOR_QUERY } from '../../protocol/backend.ts'
import { CLIENT_BULK, FrameReader } from '../../protocol/frames.ts'
import { FRONTEND, readParse, readQuery } from '../../protocol/frontend.ts'
import {
  ASK_FOR_PASSWORD,
  ENCRYPTION_BEGINS,
  isHandshake,
  isOpeningLength,
  NO_ENCRYPTION,
  readOpening,
  readPassword,
} from '../../protocol/startup.ts'
import type { Level } from '../../sandbox/level.ts'
import type { ServerConnection } from '../../server/server-connection.ts'
import type { ClientOutput } from '../client-output.ts'
import { sqlForReplication, unseenEncryption } from '../errors.ts'
import { markReal } from '../marks.ts'
import { openServer } from '../open-server.ts'
import type { RealPg } from '../real-pg.ts'
import { isOrdinarySql, replicates } from '../replication.ts'
import { type Address, connectTo } from './addresses.ts'
import { type Encryption, interceptEncryption, offersEncryption } from './encryption.ts'
import { type StandInClient, standInClient } from './stand-in-client.ts'

/** Those whose client is connected. */
const connected = new Set<StartupPhase>()
/** Keys of connections for which the server has wanted a password. */
const wanting = new Set<string>()

interface Opening {
  readonly purpose: 'pinned' | 'own'
  readonly password: string | undefined
  readonly database: string | undefined
}

export class StartupPhase {
  readonly #address: Address
  readonly #real: RealPg
  readonly #output: ClientOutput
  readonly #reader = new FrameReader({ startup: true, bulk: CLIENT_BULK })
  #connection: VirtualConnection | undefined
  /** The server itself, for what is none of the sandbox's. */
  #server: net.Socket | undefined
  /** Statements that were prepared outside. */
  readonly #prepared = new Map<string, string>()
  /** The password that was asked for when the server turned out to want one. */
  #given: string | undefined
  #password: ((password: string) => void) | undefined
  /** TLS, where the client has been promised it: what it has asked for when it began. */
  #encryption: 'none' | 'promised' | Encryption = 'none'

  constructor(address: Address, real: RealPg, output: ClientOutput) {
    this.#address = address
    this.#real = real
    this.#output = output
    connected.add(this)
  }

  receive(chunk: Buffer, level: Level | undefined, done: (error?: Error) => void): void {
    if (this.#server !== undefined) return this.#passTo(this.#server, chunk, level, done)
    if (this.#connection !== undefined && this.#password === undefined) {
      if (level === undefined) this.#note(chunk)
      return this.#connection.receive(chunk, level, done)
    }
    if (this.#encryption === 'promised') {
      this.#output.end(
        isHandshake(chunk) ? unseenEncryption(`${this.#address.host}:${this.#address.port}`) : undefined,
      )
      return done()
    }
    for (const { type, bytes } of this.#reader.read(chunk)) {
      if (type === 0) this.#open(bytes, level)
      else this.#password?.(readPassword(bytes))
    }
    // The server, too, ends a connection that begins otherwise, and says nothing.
    if (this.#reader.startup && !isOpeningLength(this.#reader.awaited)) this.#output.end()
    done()
  }

  /** The driver begins TLS over its socket. Returns whether that is the sandbox's to do. */
  encrypt(encryption: Encryption): boolean {
    if (this.#encryption !== 'promised') return false
    this.#encryption = encryption
    return true
  }

  resume(): void {
    if (this.#connection?.isPaused) this.#connection.resume()
  }

  finish(): void {
    this.#server?.end()
    if (this.#connection === undefined) this.#output.end()
    else this.#connection.finish()
  }

  close(): void {
    connected.delete(this)
    this.#server?.destroy()
    this.#connection?.close()
  }

  /** The sandbox is closed. */
  leave(): void {
    this.#connection?.leave()
  }

  /** What is prepared outside may be used inside. */
  #note(chunk: Buffer): void {
    for (const { type, bytes } of this.#reader.read(chunk)) {
      const { name, sql } = type === FRONTEND.parse ? readParse(bytes) : {}
      if (name) this.#prepared.set(name, sql!)
    }
  }

  #open(bytes: Buffer, level: Level | undefined): void {
    if (!isOpeningLength(bytes.length)) return this.#output.end()
    const opening = readOpening(bytes)
    if (opening.kind === 'encryption') return this.#offer(opening.by, bytes)
    if (opening.kind === 'cancel') return this.#cancel(opening.processId, bytes)
    if (replicates(opening.parameters.get('replication'))) return this.#passOn(bytes)
    const encryption = typeof this.#encryption === 'object' && this.#encryption
    const standIn = standInClient(this.#real, this.#address, { parameters: opening.parameters, encryption })
    if (!wanting.has(standIn.identity.key)) return this.#admit(standIn, bytes, level)
    void this.#askForPassword().then((password) => this.#admit(standIn, bytes, level, password))
  }

  /** Encryption begins where the server would begin it. */
  #offer(by: 'TLS' | 'GSSAPI', request: Buffer): void {
    if (by === 'GSSAPI') return void this.#output.deliver(NO_ENCRYPTION)
    offersEncryption(this.#address, request).then(
      (isOffered) => {
        if (isOffered) this.#encryption = 'promised'
        interceptEncryption()
        this.#output.deliver(isOffered ? ENCRYPTION_BEGINS : NO_ENCRYPTION)
      },
      (error: Error) => this.#output.end(error),
    )
  }

  #admit(standIn: StandInClient, startup: Buffer, level: Level | undefined, password?: string): void {
    const side: ClientSide = {
      ...standIn.identity,
      ...(password === undefined ? {} : { login: JSON.stringify([password]) }),
      keepsStatements: true,
      address: { ...standIn.address, password: () => password ?? this.#given ?? '' },
      openServer: (purpose, database) => this.#openServer(standIn, { purpose, password, database }),
      preparedBefore: (name) => this.#prepared.get(name),
    }
    this.#connection = new VirtualConnection(side, this.#output)
    this.#connection.receive(startup, level, () => {})
  }

  async #openServer(
    { clientFor, identity }: StandInClient,
    { purpose, password, database }: Opening,
  ): Promise<ServerConnection> {
    const logIn = (given: string | undefined): Promise<ServerConnection> =>
      openServer(this.#real, clientFor(purpose, given), purpose, { database })
    try {
      return await logIn(password ?? this.#given)
    } catch (error) {
      if (!isForPassword(error) || password !== undefined || this.#given !== undefined) throw error
      wanting.add(identity.key)
      this.#given = await this.#askForPassword()
      return logIn(this.#given)
    }
  }

  #askForPassword(): Promise<string> {
    this.#output.deliver(ASK_FOR_PASSWORD)
    return new Promise((resolve) => {
      this.#password = (password) => {
        this.#password = undefined
        resolve(password)
      }
    })
  }

  /** Process ids inside the sandbox may be ones that the server does not know. */
  #cancel(processId: number, bytes: Buffer): void {
    const target = [...connected].find((other) => other.#connection?.processId === processId)
    if (target === undefined) return this.#passOn(bytes)
    target.#connection!.cancel()
    this.#output.end()
  }

  /** SQL on a connection for replication would be committed. */
  #passTo(server: net.Socket, chunk: Buffer, level: Level | undefined, done: () => void): void {
    const frames = this.#reader.read(chunk)
    for (const { type, bytes } of frames) {
      const sql = type === FRONTEND.query && level !== undefined ? readQuery(bytes) : undefined
      if (sql === undefined || !isOrdinarySql(sql)) server.write(bytes)
      else this.#refuse(sqlForReplication(sql))
    }
    server.write('', () => done())
  }

  #refuse(error: SandboxError): void {
    const refusal = errorResponse({ ...toFields(error), S: 'ERROR', V: 'ERROR' })
    this.#output.deliver(Buffer.concat([refusal, READY_FOR_QUERY.I]))
  }

  #passOn(bytes: Buffer): void {
    const server = markReal(new net.Socket())
    this.#server = server
    server.on('data', (answer) => this.#output.deliver(answer))
    server.on('error', (error) => this.#output.end(error)).on('close', () => this.#output.end())
    connectTo(server, this.#address).write(bytes)
  }
}

/** The sandbox is closed: its clients are outside. */
export function leaveSandbox(): void {
  for (const client of connected) client.leave()
}

/** Has the login failed for want of the right password? Without any, `pg` does not even try. */
function isForPassword(error: unknown): boolean {
  const { code, message = '' } = error as { code?: string; message?: string }
  return code === '28P01' || code === '28000' || /^SASL: .*password must be/.test(message)
}
