export const AGENT_FOLDER = 'stages/deploy/agent';
/** The files that measure, on the device or for a reference on this machine. */
export const AGENT_FILES = [
  'agent.py',
  'board.py',
  'crew.py',
  'follow.py',
  'infer.py',
  'lease.py',
  'model.py',
  'portable.py',
  'predictions.py',
  'procfs.py',
  'program.py',
  'protocol.py',
  'rows.py',
  'sampler.py',
  'window.py',
] as const;
/** Those that classify what somebody types there: no measurement depends on them. */
export const CLASSIFY_FILES = ['classify.py', 'texts.py'] as const;
