import { hostname, userInfo } from 'node:os';

/** Has a program of the agent work under the board's lease (stages/deploy/agent/lease.py), and say who it is for. */
export function leaseArguments(): readonly string[] {
  return ['--lock', 'board', '--holder', JSON.stringify({ user: userName(), host: hostname() })];
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a number without a name.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
