import { GROUP, type IppAttribute, TAG } from '../codec.ts'
import { DONE, type Handler, type Operation } from '../operation.ts'
import { queueUri } from '../reach.ts'
import type { Subscription } from '../spooler.ts'
import { IppFault, STATUS } from '../status.ts'
import { attribute, Given } from '../values.ts'

/** One day, seconds. */
const LEASE = 86_400

const create: Handler = (operation) => {
  const { message, spooler, user, queueName, given } = operation
  const wanted = new Given(message, GROUP.subscription)
  if (wanted.all.length === 0) throw new IppFault(STATUS.badRequest, 'No subscription attributes in request.')
  const subscription = spooler.subscribe({
    queue: queueName,
    job: given.number('notify-job-id'),
    user,
    events: wanted.texts('notify-events').slice(0, 20),
    lease: wanted.number('notify-lease-duration') ?? LEASE,
  })
  return { groups: [{ tag: GROUP.subscription, attributes: [attribute('notify-subscription-id', TAG.integer, subscription.id)] }] }
}

function find({ given, spooler }: Operation): Subscription {
  const id = given.number('notify-subscription-id') ?? given.number('notify-subscription-ids') ?? 0
  const subscription = spooler.subscriptions.get(id)
  if (!subscription) throw new IppFault(STATUS.notFound, `Subscription #${id} does not exist.`)
  return subscription
}

function describe({ id, queue, user, events, lease }: Subscription, { reach }: Operation): IppAttribute[] {
  return [
    attribute('notify-events', TAG.keyword, ...(events.length > 0 ? events : ['job-completed'])),
    attribute('notify-lease-duration', TAG.integer, lease),
    attribute('notify-pull-method', TAG.keyword, 'ippget'),
    attribute('notify-subscriber-user-name', TAG.name, user),
    attribute('notify-time-interval', TAG.integer, 0),
    ...(queue === undefined ? [] : [attribute('notify-printer-uri', TAG.uri, queueUri(reach, queue))]),
    attribute('notify-subscription-id', TAG.integer, id),
  ]
}

export const subscriptionHandlers: Readonly<Record<string, Handler>> = {
  'Create-Printer-Subscriptions': create,
  'Create-Job-Subscriptions': create,
  'Get-Subscription-Attributes': (operation) => ({
    groups: [{ tag: GROUP.subscription, attributes: describe(find(operation), operation) }],
  }),
  'Get-Subscriptions': (operation) => ({
    groups: [...operation.spooler.subscriptions.values()].map((one) => ({ tag: GROUP.subscription, attributes: describe(one, operation) })),
  }),
  'Renew-Subscription': (operation) => {
    find(operation).lease = operation.given.number('notify-lease-duration') ?? LEASE
    return DONE
  },
  'Cancel-Subscription': (operation) => {
    operation.spooler.subscriptions.delete(find(operation).id)
    return DONE
  },
  'Get-Notifications': (operation) => {
    find(operation)
    return {
      groups: [
        {
          tag: GROUP.operation,
          attributes: [
            attribute('notify-get-interval', TAG.integer, 60),
            attribute('printer-up-time', TAG.integer, Math.floor(Date.now() / 1000)),
          ],
        },
      ],
    }
  },
}
