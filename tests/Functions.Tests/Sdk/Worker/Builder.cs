using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Azure.Functions.Worker.Builder
{
    public class FunctionsApplication
    {
        private FunctionsApplication()
        {
        }

        public static FunctionsApplicationBuilder CreateBuilder(string[] args) => new(args);
    }

    public class FunctionsApplicationBuilder
    {
        private readonly HostApplicationBuilder builder;

        internal FunctionsApplicationBuilder(string[]? args) => builder = Host.CreateApplicationBuilder(args);

        public ConfigurationManager Configuration => builder.Configuration;

        public IHostEnvironment Environment => builder.Environment;

        public ILoggingBuilder Logging => builder.Logging;

        public IServiceCollection Services => builder.Services;

        public IHost Build() => builder.Build();
    }

    public static class FunctionsApplicationBuilderAspNetCoreExtensions
    {
        public static FunctionsApplicationBuilder ConfigureFunctionsWebApplication(this FunctionsApplicationBuilder builder) => builder;
    }
}

namespace Microsoft.Azure.Functions.Worker.Core.FunctionMetadata
{
    public interface IFunctionMetadata
    {
        string? FunctionId { get; }

        bool IsProxy { get; }

        string? Language { get; }

        bool ManagedDependencyEnabled { get; }

        string? Name { get; }

        string? EntryPoint { get; }

        IList<string>? RawBindings { get; }

        string? ScriptFile { get; }
    }

    public interface IFunctionMetadataTransformer
    {
        string Name { get; }

        void Transform(IList<IFunctionMetadata> original);
    }
}
