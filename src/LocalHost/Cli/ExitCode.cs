namespace IdLcm.LocalHost.Cli;

/// <summary>What the process answers; part of the command line's contract.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>What was checked is not as it should be: lint errors, a failed verb, a failed operation, a broken chain.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The data directory belongs to a running process, a port is taken, a file or folder cannot be used, or the server cannot be reached.</summary>
    public const int Unavailable = 3;

    /// <summary>The server refused the request: no access, not found, not valid.</summary>
    public const int Refused = 4;

    /// <summary>A defect of the program itself.</summary>
    public const int Defect = 70;

    /// <summary>Interrupted from the keyboard.</summary>
    public const int Interrupted = 130;
}
