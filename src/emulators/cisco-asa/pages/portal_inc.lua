dofile("/+CSCOE+/include/common.lua")
dofile("/+CSCOE+/include/browser_inc.lua")

local function compare(a, b) return a["order"] < b["order"]; end;

function INTERNAL_PASSWORD_ENABLED(name)
  return CONF_INTERNAL_PASSWORD == "enable" and (name == "" or name == nil or CONF_INTERNAL_PASSWORD_NAME == name);
end

function CONF_VIRTUAL_KEYBOARD(form)
  if form == "logon" then return CONF_KEYBOARD_LOGON == "yes"; end
  return CONF_KEYBOARD_ALL == "yes";
end

function GetToolbarConf(name)
  local toolbar = GetCustomization("portal", "toolbar");
  if toolbar == nil then return "enable"; end
  return toolbar[name] or "enable";
end

function WriteFormFields(fields)
  table.sort(fields, compare);
  for i, field in ipairs(fields) do
    OUT('<tr><td class="label">' .. HTMLEncode(field["title"]) .. '</td><td>' .. field["input"] .. '</td></tr>');
  end
end

if INTERNAL_PASSWORD_ENABLED("") then
  OUT('<input type="hidden" name="internal_password_shown" value="1">');
end
