# WinRb against a command shell with the programs of interop/test-programs.ts and a PowerShell endpoint with the
# commands of interop/test-runspace.ts.
#
# Argument: one JSON object {"endpoint", "transport", "user", "password", "ca", "cases"}; prints a line of JSON a case.
require "json"
require "winrm"

CONFIG = JSON.parse(ARGV.fetch(0))

def connection(other = {})
  options = {
    endpoint: CONFIG["endpoint"],
    transport: CONFIG["transport"].to_sym,
    user: CONFIG["user"],
    password: CONFIG["password"],
    operation_timeout: 20,
    receive_timeout: 30,
    retry_limit: 1,
  }
  options[:ca_trust_path] = CONFIG["ca"] if CONFIG["ca"]
  options[:basic_auth_only] = true if CONFIG["transport"] == "ssl"
  WinRM::Connection.new(options.merge(other))
end

def same(actual, expected, what = "value")
  raise "#{what}: #{actual.inspect} instead of #{expected.inspect}" unless actual == expected
end

CASES = {
  "cmd_output" => lambda do
    connection.shell(:cmd) do |shell|
      result = shell.run("echo", %w[hello there])
      same([result.stdout, result.stderr, result.exitcode], ["hello there\r\n", "", 0])
      result = shell.run("fail", ["7"])
      same([result.stdout, result.stderr, result.exitcode], ["", "failed with 7\r\n", 7])
    end
  end,
  "cmd_streams" => lambda do
    connection.shell(:cmd) do |shell|
      out = +""
      err = +""
      shell.run("both") do |stdout, stderr|
        out << stdout if stdout
        err << stderr if stderr
      end
      same(out, "out 0\r\nout 1\r\nout 2\r\n")
      same(err, "err 0\r\nerr 1\r\nerr 2\r\n")
    end
  end,
  "cmd_large_output" => lambda do
    connection.shell(:cmd) { |shell| same(shell.run("big", ["1000000"]).stdout.length, 1_000_000) }
  end,
  "cmd_many" => lambda do
    connection.shell(:cmd) { |shell| 8.times { |i| same(shell.run("echo", [i.to_s]).stdout, "#{i}\r\n") } }
  end,
  "cmd_environment" => lambda do
    connection.shell(:cmd, env_vars: { "one" => "first" }, working_directory: "C:\\Windows") do |shell|
      same(shell.run("set").stdout.split("\r\n").sort, ["CD=C:\\Windows", "one=first"])
    end
  end,
  "powershell_output" => lambda do
    connection.shell(:powershell) do |shell|
      result = shell.run("Get-Echo 'hello there'")
      same([result.stdout, result.stderr, result.exitcode], ["hello there\r\n", "", 0])
      same(shell.run("Get-Number 3").stdout, "0\r\n1\r\n2\r\n")
    end
  end,
  "powershell_streams" => lambda do
    connection.shell(:powershell) do |shell|
      result = shell.run("Write-Streams")
      same(result.stdout.include?("an output"), true, "output in #{result.stdout.inspect}")
      same(result.stderr.include?("an error"), true, "error in #{result.stderr.inspect}")
    end
  end,
  "powershell_large" => lambda do
    connection.shell(:powershell) do |shell|
      same(shell.run("Get-Block 3 200000").stdout.length, 3 * 200_002)
      text = "x" * 400_000
      same(shell.run("Get-Echo '#{text}'").stdout, "#{text}\r\n")
    end
  end,
  "powershell_failure" => lambda do
    connection.shell(:powershell) do |shell|
      result = shell.run("Stop-Hard")
      same(result.stderr.include?("it cannot go on"), true, "error in #{result.stderr.inspect}")
      result = shell.run("Get-Nothing")
      same(result.stderr.include?("Get-Nothing"), true, "error in #{result.stderr.inspect}")
    end
  end,
  "powershell_exit_code" => lambda do
    connection.shell(:powershell) { |shell| same(shell.run("Exit-Host 3").exitcode, 3) }
  end,
  "powershell_many" => lambda do
    connection.shell(:powershell) { |shell| 8.times { |i| same(shell.run("Get-Echo #{i}").stdout, "#{i}\r\n") } }
  end,
  "wrong_password" => lambda do
    begin
      connection(password: "not the password").shell(:cmd) { |shell| shell.run("echo") }
    rescue WinRM::WinRMAuthorizationError
      next
    end
    raise "it opened"
  end,
}.freeze

CONFIG["cases"].each do |name|
  begin
    CASES.fetch(name).call
    puts JSON.generate(case: name, ok: true)
  rescue StandardError => error
    puts JSON.generate(case: name, ok: false, error: "#{error.class}: #{error.message}\n#{(error.backtrace || []).first(4).join("\n")}")
  end
  $stdout.flush
end
