return Attune.Corpus.Cli.Run(args);
