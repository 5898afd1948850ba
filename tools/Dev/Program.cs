using IdLcm.Dev;

return await DevCommands.RunAsync(args);
