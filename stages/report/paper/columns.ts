/** The columns of the paper's table IV: the unit that it prints, the unit of ours, and where the definition misleads. */
export const COLUMNS = [
  {
    column: 'Power',
    printed: 'kW',
    here: 'kW',
    misleads:
      'A sum of samples grows with the time of the run and with their rate, which the paper does not give. Ours is defined alike: the mean power of the timed windows, 10 samples a second, summed over the time of all test tweets. It is no power; watts and joules are in the section Energy.',
  },
  {
    column: 'Time',
    printed: 's',
    here: 's',
    misleads:
      'Of the whole test set, so that it grows with its size. Ours is the mean latency times the number of tweets: tokenising and loading are not in it.',
  },
  {
    column: 'Power per inference',
    printed: 'W/sample',
    here: 'J',
    misleads:
      'A power divided by a number of inferences is no property of one. Ours is the gross energy of one inference.',
  },
  {
    column: 'Time per inference',
    printed: 's/sample',
    here: 's',
    misleads: 'A mean; the section Latency has medians, percentiles and intervals.',
  },
  {
    column: 'FLOPS',
    printed: '1/s',
    here: '1/s',
    misleads:
      'Ours is the number of operations of the model at the lengths that ran, two for each multiply-accumulate, over the mean latency: a count over a time and no measurement of the processor. At int8 most of them are operations on integers and not floating-point ones.',
  },
  {
    column: 'Accuracy, F',
    printed: 'share',
    here: 'share',
    misleads: 'The paper does not say how its F averages the classes; ours is macro-F1. Means over seeds.',
  },
  {
    column: 'CPU',
    printed: '%',
    here: '% of all cores',
    misleads:
      'Of the whole system: one thread on four cores is 25 %, so that it says how many cores there are as well. Ours is the mean while inferences are timed.',
  },
  {
    column: 'Memory',
    printed: '%',
    here: '% of the board',
    misleads:
      'What the whole system uses over what the board has: the same program has a quarter of it on a board with four times the memory.',
  },
] as const;
