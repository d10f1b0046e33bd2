/** The files of the agent, which run on the device, relative to the installation. */
export const AGENT_FOLDER = 'stages/deploy/agent';
export const AGENT_FILES = [
  'agent.py',
  'board.py',
  'follow.py',
  'infer.py',
  'model.py',
  'protocol.py',
  'rows.py',
  'sampler.py',
  'window.py',
] as const;
