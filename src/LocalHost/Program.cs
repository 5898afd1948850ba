using IdLcm.LocalHost.Cli;

return await IdlcmCommandLine.RunAsync(args);
